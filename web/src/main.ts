import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { apiKey, createApi } from './api/client.ts'
import App from './App.vue'
import { createAppRouter } from './router.ts'
import './theme.css'

const app = createApp(App)
app.provide(apiKey, createApi())
app.use(createPinia())
app.use(createAppRouter())
app.use(ui)
app.mount('#app')
